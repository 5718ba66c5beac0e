#include "trends/stop_words.h"

#include "base/check.h"
#include "trends/hashing.h"

#include <algorithm>
#include <array>
#include <bit>

namespace trends {

namespace {

struct List {
  std::string_view language;
  std::string_view words;
};

// Lower case, separated by blanks. "*" belongs to every language: the speech of the platforms
// themselves.
constexpr std::array lists = {
    List{"*",
         "rt via amp http https www com html htm php org net co ly gl im hashtag follow follower "
         "followers retweet "
         "retweets tweet tweets like likes gif jpg png pic video photo lol lmao omg wtf btw imo "
         "tbh pls plz thx "
         "haha hahaha hahahaha xd"},
    List{"en",
         "a about above actually after again against all almost alone along already also although "
         "always am an and "
         "another any anybody anyone anything are aren around as ask at away back be became "
         "because become been before "
         "being below best better between big both but by call came can can't cannot come comes "
         "could couldn day days "
         "did didn do does doesn doing don done down during each either else enough even ever "
         "every everybody everyone "
         "everything few find first for from full get gets getting give given go goes going gone "
         "gonna good got gotta "
         "great had has hasn have haven having he hello her here hers herself hey hi him himself "
         "his how however i if "
         "in into is isn it its itself just keep knew know known last least less let lets little "
         "ll long look looking "
         "looks lot lots made make makes making man many may maybe me mean might mine more most "
         "much must my myself "
         "need never new next no nobody none nor not nothing now of off often oh ok okay on once "
         "one ones only onto or "
         "other others our ours ourselves out over own part people per perhaps please put quite "
         "rather re real really "
         "right said same saw say saying says see seem seems seen shall she should shouldn since "
         "so some somebody "
         "someone something sometimes soon still stuff such sure take taken takes taking tell than "
         "thank thanks that "
         "the their theirs them themselves then there these they thing things think this those "
         "though thought three "
         "through thus time times to today together tomorrow tonight too took toward try trying "
         "two under until up "
         "upon us use used using ve very want wanted wants was wasn way we week well went were "
         "weren what whatever when "
         "where whether which while who whole whom whose why will with within without won would "
         "wouldn yeah year years "
         "yes yesterday yet you your yours yourself"},
    List{"de",
         "aber alle allem allen aller alles als also am an ander andere anderem anderen anderer "
         "anderes auch auf aus bei "
         "beim bin bis bist da damit dann das dass daß dein deine deinem deinen deiner dem den "
         "denn der des dich die "
         "dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer "
         "eines einfach einige "
         "er es etwas euch euer für gegen gewesen gibt ganz gar geht gut hab habe haben hat hatte "
         "hatten heute hier hin "
         "hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem "
         "jeden jeder jedes jetzt "
         "kann kein keine keinem keinen keiner können könnte macht man manche mal mehr mein meine "
         "meinem meinen meiner "
         "mich mir mit morgen muss müssen nach nein nicht nichts noch nun nur ob oder ohne schon "
         "sehr sein seine seinem "
         "seinen seiner seit selbst sich sie sind so solche soll sollte sondern sonst über um und "
         "uns unser unsere "
         "unserem unseren unter viel viele vom von vor wann war waren warum was weg weil weiter "
         "welche welcher wenn wer "
         "werde werden wie wieder will wir wird wirklich wirst wo wollen worden wurde wurden würde "
         "würden zu zum zur "
         "zwar zwischen"},
    List{"fr",
         "ai aie ainsi alors après as au aucun aussi autre autres aux avait avant avec avez avoir "
         "avons beaucoup bien bon "
         "bonne ça car ce cela celle celui ces cet cette ceux chaque chez ci comme comment dans de "
         "depuis des deux dire "
         "dit donc dont du elle elles en encore entre est et étaient était étant été être eu eux "
         "faire fais fait faut "
         "fois font hier ici il ils je jour jours jusqu la là le les leur leurs lui ma mais me "
         "même mêmes merci mes moi "
         "moins mon ne ni non nos notre nous on ont ou où oui par parce pas peu peut peux plus "
         "pour pourquoi quand que "
         "quel quelle quelles quels qui quoi sa sans se sera ses si son sont sous suis sur ta te "
         "tellement tes toi ton "
         "toujours tous tout toute toutes très trop tu un une va vais vers veut veux voilà voir "
         "vos votre vous vraiment "
         "aujourd hui"},
    List{"es",
         "a al algo algunas algunos ante antes aquí así aunque bien cada casi como cómo con contra "
         "cosa cosas cual cuál "
         "cuando cuándo de del desde después día días donde dónde dos durante e el él ella ellas "
         "ellos en entre era eran "
         "eres es esa esas ese eso esos esta está están estar estas este esto estos estoy fue "
         "fueron gracias ha hace "
         "hacer hacia han has hasta hay he hoy la las le les lo los mañana más me mi mí mis mismo "
         "mucho muchos muy nada "
         "ni no nos nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque "
         "puede pueden qué que "
         "quien quién quiere se sea según ser si sí sido siempre sin sobre solo sólo son soy su "
         "sus también tan tanto te "
         "tener ti tiempo tiene tienen toda todas todo todos tu tú tus un una uno unos va vamos "
         "vez ver y ya yo"},
    List{"pt",
         "a agora ainda além algo alguém algum alguns ano antes ao aos apenas aqui as assim até "
         "bem bom cada coisa com "
         "como contra da das de dela dele deles depois desde dessa desse desta deste dia do dois "
         "dos e é ela elas ele "
         "eles em então entre era essa esse esta está estão estava este estou eu faz fazer foi for "
         "foram gente há hoje "
         "isso isto já la lá lhe lo mais mas me mesmo meu meus minha minhas muita muito muitos na "
         "nada não nas nem no "
         "nos nós nossa nosso num numa o obrigado onde os ou outra outro para pela pelas pelo "
         "pelos pode por porque "
         "pra pro qual quando que quem quer são se seja sem sempre ser será seu seus sim só sobre "
         "sou sua suas também tão "
         "tem têm tempo tenho ter teu toda todas todo todos tudo tua um uma vai vamos ver vez vida "
         "você vocês vou"},
    List{"it",
         "a abbiamo ad adesso ai al alla alle allo allora altra altre altri altro anche ancora "
         "anni anno avere bene c che "
         "chi ci ciao come con contro cosa così cui da dai dal dalla dalle dei del della delle "
         "dello di dire dopo dove "
         "due e è ed era erano essere fa fare fatto fino fra già gli grazie ha hanno ho i il in io "
         "l la le lei li lo loro "
         "lui ma mai me meno mi mia mie miei mio molto ne nei nel nella nelle no noi non nostra "
         "nostro o oggi ogni ora "
         "per perché però più poco poi può prima proprio qualche quale quando quanto quella quelle "
         "quelli quello questa "
         "queste questi questo qui quindi sarà se sempre senza si sia siamo solo sono sopra sta "
         "stato su sua sue sui sul "
         "sulla suo suoi te ti tra tu tua tuo tutta tutte tutti tutto un una uno va vi voi"},
    List{"nl",
         "aan al alle als altijd andere ben bij da daar dan dat de deze die dit doch doen dus een "
         "eens en er ga gaan gaat "
         "ge geen goed haar had heb hebben heeft heel hem het hier hij hoe hun iemand iets ik in "
         "is ja je jij jullie kan "
         "kon kunnen maar me meer men met mij mijn moet na naar niet niets nog nu of om omdat "
         "onder ons onze ook op over "
         "reeds te tegen toch toen tot u uit uw van veel voor vandaag want waren was wat we weer "
         "wel werd wie wij wil "
         "worden wordt zal ze zeer zelf zich zij zijn zo zonder zou"},
    List{"id",
         "ada adalah agar aja akan aku apa atau baru bisa buat dan dari dengan di dia dong gak ga "
         "gitu gue hari ini itu "
         "jadi jangan juga kalau kalo kami kamu karena kata ke kita lagi lah lebih mana masih mau "
         "memang mereka nya nih "
         "oleh orang pada paling punya saat saja sama sampai sangat saya sebagai sih sudah tapi "
         "tahun tak telah tidak "
         "udah untuk ya yang yg yuk"},
    List{"tr",
         "acaba ama ancak artık aslında az bana bazı belki ben benim beni bile bir biri birkaç biz "
         "bizim bu bugün buna "
         "bunu çok çünkü da daha de değil diye en gibi göre hem hep hepsi her hiç için ile ise "
         "kadar kendi ki kim mi mı "
         "mu mü nasıl ne neden nerede niye o olan olarak oldu olduğu olsun ona onlar onu onun "
         "sadece sen senin siz şey "
         "şimdi şu tüm var ve veya ya yani yok zaten"},
    List{"ru",
         "а без более бы был была были было быть в вам вас весь во вот все всё всего всех всем вы "
         "где да даже для до "
         "ещё если есть же за здесь и из или им их к как какой когда кто ли лишь меня мне много "
         "может можно мой мы на над "
         "надо нас не него нее неё нет ни них но ну о об однако он она они оно от очень по под "
         "пока после потом потому "
         "почему почти при про раз с сам свой свою себя сегодня сейчас со совсем так такой там "
         "тебя тем теперь то тогда "
         "того тоже только том тот тут ты у уж уже хотя чего чем через что чтобы чуть эта эти это "
         "этого этой этом этот я"},
    List{"ja",
         "です ます した する して から まで ない ある いる これ それ あれ この その あの ここ "
         "そこ こと もの よう さん ちゃん "
         "くん けど でも だけ など なら たい とか って という ので のに のは んだ なの だった "
         "でした ました ません でしょう "
         "なる なっ なり てる られ れる せる ください ありがとう 今日 明日 昨日 自分 みんな そう "
         "どう なん 何 私 僕 俺 人 日 時"},
    List{"zh",
         "我们 你们 他们 自己 这个 那个 一个 没有 什么 就是 不是 可以 因为 所以 但是 如果 还是 "
         "现在 今天 已经 知道 怎么 大家 真的"},
    List{"th", "และ ที่ ใน เป็น ของ ได้ ให้ ไม่ มี ว่า จะ ไป มา กับ ก็ คือ แล้ว นี้ นะ ครับ ค่ะ คะ เรา คน"},
    List{"ar",
         "من في على الى إلى عن مع هذا هذه ذلك التي الذي ما لا لم لن قد كان كل بعد قبل بين هو هي هم "
         "انا أنا أنت "
         "يا و أو او ان أن إن ثم حتى غير اللي مش"},
};

}  // namespace

std::uint32_t StopWords::languages(std::string_view language) {
  if (const auto dash = language.find_first_of("-_"); dash != std::string_view::npos) {
    language = language.substr(0, dash);
  }
  for (std::size_t i = 1; i < lists.size(); ++i) {
    if (lists[i].language == language) return (1U << i) | 1U;
  }
  return ~0U;
}

StopWords::StopWords() {
  std::size_t words = 0;
  for (const List& list : lists)
    words += static_cast<std::size_t>(std::ranges::count(list.words, ' ')) + 1;
  mask_ = std::bit_ceil(2 * words) - 1;  // at most half full: then two places are enough
  tags_.resize(mask_ + 2);
  lists_.resize(mask_ + 2);
  hashes_.resize(mask_ + 2);
  for (std::size_t i = 0; i < lists.size(); ++i) add(lists[i].words, i == 0 ? ~0U : 1U << i);
  hashes_ = {};
}

void StopWords::add(std::string_view words, std::uint32_t languages) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (!word.empty()) put(hash_text(word), languages);
  }
}

// Whoever is in the way moves to his other place, and so on.
void StopWords::put(std::uint64_t hash, std::uint32_t languages) {
  for (const std::size_t place : {first(hash, mask_), second(hash, mask_)}) {
    if (hashes_[place] != hash) continue;
    lists_[place] |= languages;
    return;
  }
  std::size_t place = first(hash, mask_);
  for (std::size_t moves = 0; hash != 0; ++moves) {
    CHECK(moves < 500);
    std::swap(hashes_[place], hash);
    std::swap(lists_[place], languages);
    tags_[place] = tag(hashes_[place]);
    place = place == first(hash, mask_) ? second(hash, mask_) : first(hash, mask_);
  }
}

}  // namespace trends
