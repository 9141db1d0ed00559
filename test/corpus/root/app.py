#!/usr/bin/python3
"""The web application of the sandbox: pages, orders in SQLite, and a diagnosis page that trusts its input."""
import http.server
import os
import sqlite3
import subprocess
import urllib.parse

DATABASE = "/var/lib/app/orders.db"
PAGES = "/var/www"


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/orders":
            body = self.orders(query.get("item", ["screws"])[0])
        elif url.path == "/diagnosis":
            body = subprocess.run("getent hosts " + query.get("host", ["localhost"])[0], shell=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        else:
            try:
                with open(os.path.join(PAGES, os.path.basename(url.path) or "index.html"), "rb") as page:
                    body = page.read()
            except OSError:
                self.send_error(404)
                return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def orders(self, item):
        with sqlite3.connect(DATABASE) as database:
            database.execute("CREATE TABLE IF NOT EXISTS orders (item TEXT)")
            database.execute("INSERT INTO orders VALUES (?)", (item,))
            count = database.execute("SELECT count(*) FROM orders WHERE item = ?", (item,)).fetchone()[0]
        return f"{item} {count}\n".encode()

    def log_message(self, *args):
        with open("/var/log/app/access.log", "a") as log:
            log.write(args[0] % args[1:] + "\n")


http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Application).serve_forever()
