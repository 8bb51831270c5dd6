"""The part of the sandbox that runs inside of it. Bound into it alone: it holds no check and no answer."""
