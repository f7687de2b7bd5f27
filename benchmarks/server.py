"""Serves one application as the shop is: ``python -m benchmarks.server APP PORT WORKERS``."""

import sys

from storefront.serving import listen, serve

if __name__ == "__main__":
    app, port, workers = sys.argv[1:]
    sys.exit(serve(listen("127.0.0.1", int(port)), workers=int(workers), app=app))
