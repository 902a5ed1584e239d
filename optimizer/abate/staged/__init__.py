"""Plans of several years: what is built in which year, at what cost, and proved like any other plan."""
