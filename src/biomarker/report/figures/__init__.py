"""One file a kind of drawing: from the document's data to a static SVG, through Altair and without a browser."""
