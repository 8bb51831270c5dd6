"""What the plagiarist does to a copy: a module for each level."""
