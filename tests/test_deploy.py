"""The files in deploy/: their YAML, and that each container's command is one that ccingest has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

from ccingest.cli.app import whole_app
from ccingest.help.topics import TOPICS

DEPLOY = Path(__file__).parent.parent / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
# Those of other programs and libraries.
FOREIGN = ("AWS_", "PG", "GITHUB_TOKEN", "POSTGRES_", "MINIO_")


def documents(file: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(file.read_text()) if found]


def containers() -> Iterator[tuple[str, list[str], list[str]]]:
    """Where each of ours is, its arguments, and the variables it gets."""
    for file in sorted(DEPLOY.glob("*.yaml")):
        for name, service in documents(file)[0]["services"].items():
            if "build" in service and "entrypoint" not in service:
                yield (
                    f"{file.name} {name}",
                    service.get("command", []),
                    list(service.get("environment", {})),
                )
    settings = documents(KUBERNETES / "settings.yaml")[0]["data"]
    for file in sorted(KUBERNETES.glob("*.yaml")):
        for document in documents(file):
            pod = document.get("spec", {}).get("template", {}).get("spec", {})
            for one in pod.get("containers", []):
                own = [variable["name"] for variable in one["env"]]
                yield f"{file.name} {one['name']}", one["args"], [*own, *settings]


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [pytest.param(arguments, variables, id=where) for where, arguments, variables in containers()],
)
def test_a_container_runs_what_there_is(arguments: list[str], variables: list[str]) -> None:
    if arguments:
        name, *rest = arguments
        command = get_command(whole_app()).commands[name]  # type: ignore[attr-defined]
        command.make_context(name, list(rest), resilient_parsing=False)
    known = {row[0] for row in TOPICS["environment"].rows}
    unknown = [one for one in variables if one not in known and not one.startswith(FOREIGN)]
    assert not unknown


def test_kubernetes_lists_all_files() -> None:
    (listed,) = documents(KUBERNETES / "kustomization.yaml")
    files = {file.name for file in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed["resources"]) == files


def test_what_selects_pods_finds_them() -> None:
    found = [one for file in sorted(KUBERNETES.glob("*.yaml")) for one in documents(file)]
    labels = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in found
        if one["kind"] == "Deployment"
    ]
    for one in found:
        selector = one.get("spec", {}).get("selector")
        if selector:
            assert selector.get("matchLabels", selector) in labels
