"""The subcommands of `grader`, one module per job; `grader.cli` puts them together."""
