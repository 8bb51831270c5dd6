"""Takes a hand-in in: unpacks it safely, repairs its layout, and says what does not follow the handout.

Nothing of it is run, and the original is only read.
"""

from grader.intake.refusals import RefusedError
from grader.intake.take_in import Intake, take_in

__all__ = ["Intake", "RefusedError", "take_in"]
