"""Names that say what a file is, before it is read: vendored, generated, a lock file, binary."""

from __future__ import annotations

# Folders where package managers put other people's code.
VENDORED = """node_modules/ bower_components/ jspm_packages/ vendor/ third_party/ third-party/ thirdparty/
    3rdparty/ 3rd-party/ 3rd_party/ Godeps/ Pods/ Carthage/ .yarn/ .venv/ venv/ site-packages/ dist-packages/ .tox/
    __pycache__/ .gradle/ .mvn/wrapper/ .cargo/registry/ elm-stuff/ deps/_build/""".split()

# What package managers write down: versions and checksums of what a project needs. Most have one of
# the endings. Of others that end in `-lock.yml` or so, the content tells: people name theirs so too.
_LOCKS = """*.lock *.lockb *.lockfile *.lock.hcl *.lock.json *.lock.yaml *.lock.yml *.lock.toml
    package-lock.json package-lock.yml packages-lock.json actions-lock.json pnpm-lock.yaml conda-lock.yml conda-lock.yaml
    *.conda-lock.yml vcpkg-lock.json devcontainer-lock.json *.lock.dhall *.opam.locked Package.resolved
    Cartfile.resolved npm-shrinkwrap.json go.sum go.work.sum gems.locked cabal.project.freeze
    cpanfile.snapshot dub.selections.json gemset.nix lake-manifest.json pylock.toml pylock.*.toml
    Manifest.toml JuliaManifest.toml maven_install.json Cargo.nix node-packages.nix yarn.nix
    verification-metadata.xml aqua-checksums.json project.assets.json lock.mdb .pnp.cjs
    .pnp.loader.mjs .terraform.lock.hcl elm.lock rebar.lock shrinkwrap.yaml
    package-lock.cmake *.zon2json-lock .flutter-plugins-dependencies""".split()

# Files that programs write. They repeat what is in other files.
GENERATED = [
    *_LOCKS,
    *"""*.min.js *.min.mjs *.min.cjs *.min.css *.js.map *.mjs.map *.cjs.map *.css.map *.map.json
    *.jsx.map *.d.ts.map *.d.mts.map *.d.cts.map *.wasm.map
    *.pb.go *.pb.cc *.pb.h *.pb.gw.go *_grpc.pb.go *_pb2.py *_pb2_grpc.py *_pb2.pyi *.pb.swift
    *.g.dart *.freezed.dart *.mocks.dart *.designer.cs *.Designer.cs *.designer.vb *.Designer.vb
    *.feature.cs *_TLB.pas *.snap *.ambr ppport.h mockServiceWorker.js""".split(),
    # Folders that editors, test runners and frameworks keep for themselves.
    *""".ipynb_checkpoints/ __generated__/ tap-snapshots/ htmlcov/ .nyc_output/ .pytest_cache/ .mypy_cache/
    .ruff_cache/ .sass-cache/ .dart_tool/ .svelte-kit/ .next/ .nuxt/ .sqlx/ xcuserdata/""".split(),
]

# Files that are known to be binary before they are read. No language has one of these suffixes.
BINARY = tuple(
    """.png .jpg .jpeg .gif .bmp .ico .icns .webp .avif .tif .tiff .psd .xcf .pdf .docx .xls
    .xlsx .ppt .pptx .odt .ods .zip .gz .tgz .bz2 .xz .zst .lz4 .7z .rar .tar .jar .war .ear .aar
    .apk .ipa .dmg .iso .deb .rpm .whl .so .dylib .dll .exe .a .o .pdb .class .pyc .pyo .pyd
    .wasm .bin .sqlite .sqlite3 .mp3 .mp4 .m4a .ogg .wav .flac .avi .mov .mkv .webm .ttf .otf
    .woff .woff2 .eot .npy .npz .pth .onnx .safetensors .h5 .parquet .feather .arrow .beam
    .nupkg .p12 .pfx .jks .keystore .swf .blend .fbx .glb .gpg .dex .tga .exr .dds .ktx""".split()
)

# So are most files of these, and some are texts: an old README.doc, the language Pkl, what CHICKEN
# Scheme says of a package. Small ones are read, to see.
MAYBE_BINARY = (".doc", ".pkl", ".egg")
