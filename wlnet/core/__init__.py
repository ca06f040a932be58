"""Words everybody uses: errors, AUTOMATIC / ALL / ANY, parts and rules, shapes, streams."""
