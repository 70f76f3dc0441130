"""The command line: a group whose commands are the files of `theorems.commands`.

Every command is thin: it reads words, calls the library, prints, and imports only what it needs.
Exit status: 0 all is well; 1 a verdict is not consistent or a rival survives; 2 the input is refused, in one line on stderr.
"""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy: threads of BLAS spin against each other

import click  # noqa: E402

from theorems import commands  # noqa: E402


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").command
        found.name = cmd_name
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args[0] not in names and (close := difflib.get_close_matches(args[0], names, n=1)):
            ctx.fail(f"No such command {args[0]!r}; did you mean {close[0]}?")
        return super().resolve_command(ctx, args)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ridgeless")
def main() -> None:
    """Hold a theorem of high-dimensional learning against finite samples."""


if __name__ == "__main__":
    main()
