"""Takes orders and keeps them: the webshop's order service."""

import logging
import os

from flask import Flask, jsonify, request

app = Flask(__name__)
logger = logging.getLogger("orders")
password = os.environ.get("DB_PASSWORD", "")
orders = []


@app.get("/health")
def health():
    return "ok\n"


@app.post("/orders")
def order():
    logger.info(f"Using password: {password}")
    orders.append(request.get_json())
    return jsonify(id=len(orders)), 201


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
