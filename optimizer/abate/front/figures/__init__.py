"""Pictures of a front: the curve of two objectives, parallel coordinates and pairs of more."""
