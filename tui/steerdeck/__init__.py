"""The deck: the only package that draws. It sends orders, folds events, and never works itself."""
