"""Models fitted inside folds: elastic net, boosted trees, their stack, and the engine that keeps folds apart."""
