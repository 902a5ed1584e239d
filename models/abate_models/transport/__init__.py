"""Transfer coefficients from physics, where a case gives a river instead of a matrix; `river` is the face."""
