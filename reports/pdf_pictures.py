"""Pages of a PDF as pictures, for whoever looks at a document before it is handed on."""

import io
from threading import Lock
from typing import Final

import pypdfium2

__all__ = ["pages_of"]

_DPI: Final = 132
_POINTS: Final = 72
# PDFium is not to be called by two threads at once.
_alone: Final = Lock()


def pages_of(pdf: bytes, *, dpi: int = _DPI) -> tuple[bytes, ...]:
    """Each page of a PDF as a PNG of so many dots to the inch."""
    with _alone:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return tuple(_png(page, dpi) for page in document)
        finally:
            document.close()


def _png(page: pypdfium2.PdfPage, dpi: int) -> bytes:
    file = io.BytesIO()
    page.render(scale=dpi / _POINTS).to_pil().save(file, "PNG")
    return file.getvalue()
