"""The library in other projects' tests: `converges`, the pytest plugin with its rates of false alarm, `calibration` of such tests."""
