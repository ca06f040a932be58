"""How each primitive is computed: a row for each, in terms of kernel calls."""
