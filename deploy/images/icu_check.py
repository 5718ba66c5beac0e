#!/usr/bin/env python3
"""Is in the ICU data what the programs need? Words of languages without blanks, characters, normal forms, calendars.

usage: icu_check.py     the data is that of the libicudata that the loader finds first (LD_LIBRARY_PATH)
"""
import ctypes
import ctypes.util
import sys

UC, I18N = (ctypes.CDLL(ctypes.util.find_library(name)) for name in ("icuuc", "icui18n"))
VERSION = next(number for number in range(60, 99) if hasattr(UC, f"ubrk_open_{number}"))
CHARACTER, WORD = 0, 1
# Languages with a dictionary of their own; a text of several words in each.
TEXTS = {"ja": "東京オリンピックが始まった", "th": "สวัสดีประเทศไทย", "km": "សួស្តីកម្ពុជា", "lo": "ສະບາຍດີປະເທດລາວ", "my": "မြန်မာနိုင်ငံသို့ကြိုဆိုပါသည်"}


def call(library: ctypes.CDLL, name: str, *arguments: object) -> int:
    """A function whose last parameter is the UErrorCode; ends the program when it reports a failure."""
    error = ctypes.c_int(0)
    function = getattr(library, f"{name}_{VERSION}")
    function.restype = ctypes.c_void_p
    answer = function(*arguments, ctypes.byref(error))
    if error.value > 0:
        sys.exit(f"{name}{arguments[:2]} fails with {error.value}: something is missing in the ICU data")
    return answer


def pieces(kind: int, text: str) -> int:
    units = text.encode("utf-16-le")
    iterator = ctypes.c_void_p(call(UC, "ubrk_open", kind, b"", units, len(units) // 2))
    count = 0
    while getattr(UC, f"ubrk_next_{VERSION}")(iterator) != -1:
        count += 1
    getattr(UC, f"ubrk_close_{VERSION}")(iterator)
    return count


def main() -> None:
    for language, text in TEXTS.items():
        if pieces(WORD, text) < 2:
            sys.exit(f"a text in {language} is one word: its dictionary is missing in the ICU data")
    if pieces(CHARACTER, "e\u0301x") != 2:
        sys.exit("characters are not kept together")
    for form in (b"nfc", b"nfkc", b"nfkc_cf"):
        call(UC, "unorm2_getInstance", None, form, 0)
    zone = "Europe/Paris".encode("utf-16-le")
    call(I18N, "ucal_open", zone, len(zone) // 2, b"", 0)


if __name__ == "__main__":
    main()
