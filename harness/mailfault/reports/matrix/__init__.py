"""The matrix of several clients: their endings, and the failures that each confuses."""
