"""An asyncio web server on this machine only, whose pages change without a restart.

    python -m livepatch playground/server.py          then open the address it prints

Change a page, save, and load it again: the visitors counted so far are still counted, and
open connections stay open. `python playground/server.py 0` takes any free port. Stop with
Ctrl-C.
"""

import asyncio
import sys
import time

visits = {}
started = time.monotonic()


def home():
    """Give the page at /."""
    return f"<h1>Hello</h1><p>{sum(visits.values())} visits so far."  # change this line


def clock():
    """Give the page at /clock."""
    return f"<p>Up for {time.monotonic() - started:.0f} s."


PAGES = {"/": home, "/clock": clock}  # change this line: give a page of your own an address


def respond(path):
    """Give status and page for `path`."""
    visits[path] = visits.get(path, 0) + 1
    page = PAGES.get(path)
    return ("200 OK", page()) if page else ("404 Not Found", "<p>No such page.")


async def serve(reader, writer):
    """Answer the requests of one connection, one after another."""
    try:
        while request := await reader.readline():
            while (await reader.readline()).strip():
                pass  # the headers
            path = request.split()[1].decode("ascii", "replace")
            status, page = respond(path)
            body = page.encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            print(status[:3], path, flush=True)
    except (ConnectionError, IndexError):
        pass  # the visitor went away, or never spoke HTTP
    finally:
        writer.close()


async def main(port):
    """Serve until Ctrl-C."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    print(f"open http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
    except KeyboardInterrupt:
        print("the server is closed")
