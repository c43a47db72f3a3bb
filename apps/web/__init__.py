"""The web app: models in a browser, on the device, with their attention visible. `README.md` says how it is made."""
