"""Writes summary.txt: what you filled in, whom and what you cite, what else you changed.

    python ./code_analyze/analyze.py

It compares your codes/ with the starter in code_analyze/_codes/. It needs nothing but Python (3.8 or
newer), reads your files as text and runs none of them. Open summary.txt afterwards and see whether it
is reasonable; hand it in unchanged.

    python ./code_analyze/analyze.py --verify summary.txt

says whether a summary still fits the code, and if not, which lines differ and why.

The work is done in summary/, the folder beside this file.
"""

# This file alone is read by old Pythons as well, down to 2.7, so that they can say what is wrong.
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))

if sys.version_info < (3, 8):  # noqa: UP036 (the kit needs 3.10, this program only 3.8)
    sys.stderr.write(
        "error: analyze.py needs Python 3.8 or newer, this is Python {}.{}; "
        "type python3 in the place of python\n".format(*sys.version_info[:2])
    )
    sys.exit(2)

if not __package__:
    # Started as a program. Python puts this folder in front of its own modules, where a file json.py would
    # be imported, and run, in the place of Python's. So the folder leaves the path again, and the package is
    # made known by name.
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != HERE]
    package = type(sys)("code_analyze")
    package.__path__ = [HERE]
    sys.modules["code_analyze"] = package

try:
    from code_analyze.summary.command import main

    for name, module in list(sys.modules.items()):
        # A package of this name that is installed must not lend its modules to a kit that lacks some.
        if not __package__ and name.startswith("code_analyze.") and not str(module.__file__).startswith(HERE):
            raise ImportError("No module named " + repr(name))
except ImportError as error:
    sys.stderr.write(
        "error: code_analyze/summary/ is not whole (" + str(error) + "); "
        "take the folder code_analyze from the kit again\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main())
