"""deploy/observability/logs/logstash.conf: its language read as Logstash documents it, with the plugins and options that are used here."""
import re

from findings import Finding, Folder

PLACE = "observability/logs/logstash.conf"
TOKEN = re.compile(r'\s+|#[^\n]*|(?P<word>"[^"]*"|=>|!=|==|[{}\[\],]|[\w.-]+)')
OPTIONS = {("input", "beats"): {"port", "host", "ssl_enabled", "ssl_certificate", "ssl_key", "id"},
           ("filter", "drop"): {"percentage", "id"},
           ("filter", "mutate"): {"remove_field", "add_field", "rename", "copy", "convert", "id"},
           ("output", "elasticsearch"): {"hosts", "api_key", "data_stream", "data_stream_type", "data_stream_dataset", "data_stream_namespace", "pipeline",
                                         "ssl_enabled", "ssl_certificate_authorities", "user", "password", "id"}}


class Wrong(Exception):
    pass


class Reader:
    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        end = 0
        while end < len(text):
            found = TOKEN.match(text, end)
            if found is None:
                raise Wrong(f"not understood: {text[end:end + 20]!r}")
            self.words += [found["word"]] if found["word"] else []
            end = found.end()

    def next(self, wanted: str = "") -> str:
        if not self.words:
            raise Wrong(f"ends where {wanted or 'more'} should stand")
        word = self.words.pop(0)
        if wanted and word != wanted:
            raise Wrong(f"{word} where {wanted} should stand")
        return word

    def value(self) -> object:
        if self.words[:1] != ["["]:
            return self.next()
        self.next("[")
        found = []
        while self.words[:1] != ["]"]:
            found.append(self.next())
            if self.words[:1] == [","]:
                self.next(",")
        self.next("]")
        return found

    def plugin(self, section: str, name: str) -> dict[str, object]:
        if (section, name) not in OPTIONS:
            raise Wrong(f"no plugin {name} in {section}")
        self.next("{")
        options = {}
        while self.words[:1] != ["}"]:
            key = self.next()
            if key not in OPTIONS[section, name]:
                raise Wrong(f"{name} has no option {key}")
            self.next("=>")
            options[key] = self.value()
        self.next("}")
        return options

    def block(self, section: str) -> list[tuple[str, dict]]:
        """Plugins up to the closing brace; a condition has a block of its own."""
        self.next("{")
        found = []
        while self.words[:1] != ["}"]:
            name = self.next()
            if name == "if":
                while self.words[:1] != ["{"]:
                    self.next()
                found += self.block(section)
            else:
                found.append((name, self.plugin(section, name)))
        self.next("}")
        return found


def check(folder: Folder) -> list[Finding]:
    found: dict[str, list] = {}
    try:
        reader = Reader(folder.files[PLACE])
        while reader.words:
            section = reader.next()
            if section not in ("input", "filter", "output"):
                raise Wrong(f"no section {section}")
            found[section] = reader.block(section)
    except Wrong as wrong:
        return [Finding(PLACE, str(wrong))]
    output = dict(found.get("output", [])).get("elasticsearch", {})
    filebeat = folder.yaml("observability/logs/filebeat.yml")["output.elasticsearch"]
    stream = "-".join(str(output.get(f"data_stream_{part}", "")).strip('"') for part in ("type", "dataset", "namespace"))
    if stream != filebeat["index"] or str(output.get("pipeline", "")).strip('"') != filebeat["pipeline"]:
        return [Finding(PLACE, f"writes to {stream}, Filebeat alone to {filebeat['index']}, both through {filebeat['pipeline']}")]
    return []
