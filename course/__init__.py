"""The instructor's programs: cut the starter, build the kit, render the handouts."""
