// Languages to choose from, by their names. Trends, watch lists and rules know them by ISO 639-1.
const codes =
  'af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko lt lv mk ml mn mr ms my nb ne nl nn no pa pl pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh'.split(
    ' ',
  );

export function languageChoices(nameOf: (code: string) => string): { value: string; label: string }[] {
  return codes.map((value) => ({ value, label: nameOf(value) })).sort((left, right) => left.label.localeCompare(right.label));
}
