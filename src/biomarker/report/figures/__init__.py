"""One file a kind of drawing: from the document's data to Vega-Lite; from that to a static SVG without a browser."""
