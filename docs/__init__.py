"""Pages, their pictures, and what makes a web site of them."""
