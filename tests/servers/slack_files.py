"""files.*: what people attach, and what the bot uploads. Docs: messaging/working-with-files."""

from aiohttp import web

from tests.servers import slack_acts as acts
from tests.servers import slack_shapes as shapes
from tests.servers.slack_acts import Place
from tests.servers.slack_call import Call, Method
from tests.servers.slack_chat import where
from tests.servers.slack_drafts import Draft
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import Channel, File, Install, Json, Upload, User, Workspace
from tests.servers.slack_text import pings
from tests.servers.slack_world import World


def kept(world: World, owner: User, workspace: Workspace, upload: Upload) -> File:
    """A file that somebody has."""
    file = File(
        id=world.id("F"), name=upload.name, content=upload.content, mimetype=upload.mimetype, owner=owner,
        workspace=workspace, created=world.now, length=len(upload.content),
    )  # fmt: skip
    world.files[file.id] = file
    return file


def _found(call: Call, number: str) -> File:
    file = call.world.files.get(number)
    if file is None or not _sees(call.world, call.install, file):
        raise Refused("file_not_found")
    if file.deleted:
        raise Refused("file_deleted")
    return file


def _sees(world: World, install: Install, file: File) -> bool:
    return file.owner is install.bot or any(install.bot.id in one.members for one in file.channels)


def info(call: Call) -> Json:
    """A file."""
    return {"file": shapes.file(call.world, _found(call, call.need("file")))}


def delete(call: Call) -> None:
    """Take the bot's own file away."""
    file = _found(call, call.need("file"))
    if file.owner is not call.install.bot:
        raise Refused("cant_delete_file")
    file.deleted = True


def upload_url(call: Call) -> Json:
    """Where to send a file's bytes."""
    name, length = call.need("filename"), call.number("length", 0)
    if length <= 0:
        raise Refused("invalid_arguments")
    home = call.install.workspace or call.install.bot.home
    file = kept(call.world, call.install.bot, home, Upload(name=name, content=b""))
    file.length, file.complete = length, False
    return {"upload_url": f"{call.world.url}/upload/v1/{file.id}", "file_id": file.id}


def complete(call: Call) -> Json:
    """The bytes are there: share them."""
    given = call.args.get("files")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments")
    files = []
    for one in given:
        file = call.world.files.get(one.get("id", ""))
        if file is None or file.owner is not call.install.bot or not file.content:
            raise Refused("file_not_found")
        file.title, file.complete = one.get("title") or file.name, True
        files.append(file)
    number = call.text("channel_id") or call.text("channels").split(",")[0]
    if number:
        call.args["channel_id"] = number
        channel: Channel = where(call, "channel_id")
        text = call.text("initial_comment")
        place = Place(channel=channel, thread_ts=call.text("thread_ts") or None, files=files)
        acts.post(call.world, call.install.bot, place, Draft(text=text, pings=frozenset(pings(text))))
    return {"files": [shapes.file(call.world, one) for one in files]}


class Bytes:
    """Where files are. A wrong token gets a page to log in at, with status 200, as Slack has it."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def upload(self, request: web.Request, asked: Asked) -> web.Response:
        """Take a file's bytes."""
        file = self._world.files.get(request.match_info["file"])
        if file is None or file.complete:
            return web.Response(status=404, text="file not found")
        content = await request.read()
        if len(content) != file.length:
            return web.Response(status=400, text="length mismatch")
        file.content, asked.done = content, True
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request, asked: Asked) -> web.Response:
        """Give a file's bytes."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        file = self._world.files.get(request.match_info["file"].partition("-")[2])
        try:
            install = self._world.bearer(token)
        except Refused as refused:
            asked.error = refused.error
            return web.Response(text="<html><body>Sign in to Slack</body></html>", content_type="text/html")
        asked.workspace = install.workspace
        if "files:read" not in install.scopes:
            asked.error = "missing_scope"
            return web.Response(text="<html><body>Sign in to Slack</body></html>", content_type="text/html")
        if file is None or file.deleted or not _sees(self._world, install, file):
            asked.error = "file_not_found"
            return web.Response(status=404, text="Not found")
        asked.done = True
        return web.Response(body=file.content, content_type=file.mimetype)


METHODS = {
    "files.info": Method(info, ("files:read",), tier=4),
    "files.delete": Method(delete, ("files:write",)),
    "files.getUploadURLExternal": Method(upload_url, ("files:write",), tier=4),
    "files.completeUploadExternal": Method(complete, ("files:write",), tier=4),
}
