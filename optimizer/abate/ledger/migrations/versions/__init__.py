"""A file per step; its `revision` is the layout that it leads to."""
