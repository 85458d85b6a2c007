"""Files that were opened lately, in memory: an image is fetched once, not in every turn that shows it."""

from collections import OrderedDict

from bot.attachments.opened import File

Key = tuple[str, str]  # the platform's name and the file's source there


class Shelf:
    """Keeps what was used last.

    most  bytes in all; a file that is larger than that is not kept
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._files: OrderedDict[Key, File] = OrderedDict()

    def take(self, key: Key) -> File | None:
        """A file, if it is still there. It stays."""
        if key in self._files:
            self._files.move_to_end(key)
        return self._files.get(key)

    def put(self, key: Key, file: File) -> None:
        """Keep a file; those that have not been used for the longest time make room."""
        if key in self._files:
            self._left += self._files.pop(key).weight
        self._files[key] = file
        self._left -= file.weight
        while self._left < 0:
            _, oldest = self._files.popitem(last=False)
            self._left += oldest.weight
