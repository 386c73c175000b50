//! Side-by-side benchmarks; cargo xtask bench runs them.
