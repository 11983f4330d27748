"""The command `ccingest`, and `python -m ccingest`."""

from __future__ import annotations

import signal


def main() -> None:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C while modules are loaded ends the process at once, without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ccingest.process.encoding import use_utf8

    use_utf8()
    from ccingest.cli.app import main as run_command

    run_command()


if __name__ == "__main__":
    main()
