"""Charts of plans, fronts, comparisons and revisions: one a file, each a function of a result and the reader's words.

Each returns an Altair chart, or None where there is nothing to show. The data of a chart are plain records whose fields
are named here and never by the case, so that no name of a case is ever read as an expression. A chart that reacts to
the choice of a front's point has a variable parameter `point`.
"""
