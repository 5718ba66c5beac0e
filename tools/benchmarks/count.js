// The counting of `socialtrend replay` as one would write it in Node: authors of tags, words and pairs. For comparison.
const lines = require("readline").createInterface({ input: require("fs").createReadStream(process.argv[2]) });
const authors = new Map();
let posts = 0;
lines.on("line", (line) => {
  const post = JSON.parse(line);
  const words = post.text.toLowerCase().match(/[#$]?[\p{L}\p{N}_]+/gu) || [];
  const keys = new Set(words);
  for (let i = 1; i < words.length; i++) keys.add(words[i - 1] + " " + words[i]);
  for (const key of keys) {
    const known = authors.get(key);
    if (known) known.add(post.author);
    else authors.set(key, new Set([post.author]));
  }
  if (++posts % 100000 === 0) authors.clear(); // or memory would end it
});
lines.on("close", () => console.log(posts));
