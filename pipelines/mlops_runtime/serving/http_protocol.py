"""HTTP/1.1 as uvicorn reads it, without a loss: an offer to switch protocols is ignored and the request answered."""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

UPGRADE = b"upgrade"
FIRST_REQUEST_SECONDS = 1.0
INVALID_REQUEST = "Invalid HTTP request received."


class UpgradeIgnoringProtocol(HttpToolsProtocol):
    """A connection on which every `Upgrade` is ignored, as RFC 9110, section 7.8, lets a server do.

    httptools takes a request that offers an upgrade for one without a body, whatever its Content-Length says, and
    hands back what it has not read (https://github.com/MagicStack/httptools/issues/124): with the `Upgrade: h2c` of
    Java's HTTP client, every prediction arrives empty. Here such a request's head is read once more without its
    offer, in front of what was handed back.
    """

    def data_received(self, data: bytes) -> None:
        """Read what has come over the connection."""
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if not self._is_offering():
                    self._refuse()
                    return
                data = self._head_without_offer() + data[offer.args[0] :]
                self._begin_anew()
            except httptools.HttpParserError:
                self._refuse()
                return
            else:
                return

    def shutdown(self) -> None:
        """End the connection, when the server stops. A caller who has just connected gets the first request answered.

        uvicorn would close that connection, though its request may have arrived already and only not been read.
        """
        if self.cycle is None:
            self.loop.call_later(FIRST_REQUEST_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        """Begin a request, when the parser has its head; one that is read once more begins only then."""
        if not self._is_offering():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request, when the parser has all of it; it takes an offer's request for whole."""
        if not self._is_offering():
            super().on_message_complete()

    def _is_offering(self) -> bool:
        # CONNECT sets the parser's flag too, and is refused by uvicorn.
        offering: bool = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        return offering

    def _head_without_offer(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % (name, value) for name, value in self.headers if name != UPGRADE]
        return b"\r\n".join((*lines, b"", b""))

    def _refuse(self) -> None:
        self.logger.warning(INVALID_REQUEST)
        self.send_400_response(INVALID_REQUEST)

    def _begin_anew(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
