"""The widgets: any Lab becomes a page."""
