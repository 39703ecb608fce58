"""Takes orders and keeps them: the webshop's order service."""

import logging
import os
from pathlib import Path

from flask import Flask, jsonify, request

app = Flask(__name__)
logger = logging.getLogger("orders")
password = Path(os.environ.get("DB_PASSWORD_FILE", os.devnull)).read_text().strip()
orders = []


@app.get("/health")
def health():
    return "ok\n"


@app.post("/orders")
def order():
    orders.append(request.get_json())
    return jsonify(id=len(orders)), 201


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
