// The webshop's front: shows the catalogue and passes orders on.
const fs = require("fs");
const http = require("http");
const crypto = require("crypto");

const ordersUrl = process.env.ORDERS_URL || "http://localhost:5000";
const secretFile = process.env.SESSION_SECRET_FILE || "/dev/null";
const secret = fs.readFileSync(secretFile, "utf8").trim();

function session() {
  const id = crypto.randomBytes(16).toString("hex");
  return `${id}.${crypto.createHmac("sha256", secret).update(id).digest("hex")}`;
}

http
  .createServer((request, response) => {
    if (request.url === "/health") {
      response.end("ok\n");
      return;
    }
    response.setHeader("Set-Cookie", `session=${session()}; HttpOnly; SameSite=Lax`);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(`<h1>Webshop</h1><p>Orders are taken at ${ordersUrl}.</p>\n`);
  })
  .listen(3000, () => console.log("storefront listens on 3000"));
