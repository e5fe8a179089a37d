"""From a marker that was found to the study that would prove it: designs side by side, looks, scenarios, advice."""
