#!/usr/bin/python3
"""Other hosts, all on the loopback device: a package mirror, a name server, and a server that is up to no good."""
import http.server
import socketserver
import threading

MIRROR, NAMES, FOREIGN = "198.51.100.20", "198.51.100.53", "203.0.113.66"
SCRIPT = b"#!/bin/sh\nid >/dev/null\nuname -a >/dev/null\n"
ORDERS = b"id\nuname -a\ncat /etc/passwd | wc -l\nexit\n"


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        foreign = self.server.server_address[0] == FOREIGN
        self.answer(SCRIPT if foreign else b"package list\n" * 500)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(b"ok\n")

    do_PUT = do_POST

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Shell(socketserver.BaseRequestHandler):
    """Whoever listens for a reverse shell: sends its orders, reads what comes back."""

    def handle(self):
        self.request.settimeout(3)
        try:
            self.request.sendall(ORDERS)
            while self.request.recv(4096):
                pass
        except OSError:
            pass


class Names(socketserver.BaseRequestHandler):
    """Answers an A question with an address: the mirror's for *.example of ours, the foreign one for the rest."""

    def handle(self):
        question, socket = self.request
        address = MIRROR if b"\x06mirror" in question else FOREIGN
        end = question.find(b"\x00", 12) + 5
        is_a = question[end - 4:end - 2] == b"\x00\x01"
        answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + bytes(map(int, address.split(".")))
        head = question[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if is_a else b"\x00\x00") + b"\x00\x00\x00\x00"
        socket.sendto(head + question[12:end] + (answer if is_a else b""), self.client_address)


socketserver.ThreadingTCPServer.allow_reuse_address = True
SERVERS = [
    http.server.ThreadingHTTPServer((MIRROR, 80), Web),
    http.server.ThreadingHTTPServer((FOREIGN, 80), Web),
    socketserver.ThreadingTCPServer((FOREIGN, 4444), Shell),
    socketserver.ThreadingTCPServer((FOREIGN, 443), Shell),
    socketserver.ThreadingUDPServer((NAMES, 53), Names),
]
for server in SERVERS[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
SERVERS[0].serve_forever()
