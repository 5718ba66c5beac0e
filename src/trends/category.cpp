#include "trends/category.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

namespace trends {
namespace {

struct List {
  std::string_view category;
  std::string_view words;  // folded, separated by blanks
};

constexpr std::array lists = {
    List{
        "sports",
        "goal goals striker goalkeeper penalty offside referee halftime playoff playoffs semifinal "
        "semifinals quarterfinal league championship nba nfl mlb nhl ufc fifa uefa touchdown "
        "quarterback homerun inning innings wicket cricket ipl rugby tennis wimbledon grandslam "
        "marathon olympics olympic medal motogp formula1 podium matchday worldcup superbowl "
        "tor tore elfmeter bundesliga trainer spieltag olympia but buts gardien ligue1 gol goles "
        "golazo arbitro portero laliga libertadores gols goleiro brasileirao calcio rigore "
        "ゴール 試合 選手 優勝 野球 サッカー"},
    List{"politics",
         "election elections ballot ballots senate senator congress parliament minister ministers "
         "president presidential referendum coalition impeachment legislation lawmakers governor "
         "chancellor campaign candidate candidates voters polls policy sanctions ceasefire treaty "
         "wahl wahlen bundestag kanzler minister koalition abgeordnete gesetz election elections "
         "assemblee ministre senateur scrutin elecciones presidente gobierno congreso senado "
         "diputados votos eleicoes eleicao deputados stf camara governo elezioni governo "
         "選挙 国会 首相 大臣"},
    List{"music",
         "album albums tracklist songs lyrics concert concerts setlist encore grammy grammys "
         "billboard spotify vinyl debut comeback mv soundtrack remix tour eurovision kpop rapper "
         "konzert lied lieder chanson chansons concierto cancion canciones musica show turne "
         "アルバム 新曲 ライブ"},
    List{"screen",
         "movie movies film films trailer premiere oscars oscar emmys emmy netflix hbo episode "
         "episodes finale sequel season screenplay boxoffice anime kino serie folge staffel cinema "
         "bandeannonce pelicula peliculas estreno temporada filme filmes novela bbb アニメ 映画 "
         "最終回"},
    List{"games",
         "nintendo playstation xbox steam dlc gameplay esports speedrun gamer gamers pokemon zelda "
         "minecraft fortnite roblox valorant genshin patchnotes console multiplayer rpg twitch "
         "ゲーム スプラトゥーン"},
    List{"technology",
         "software hardware iphone android ios macos windows linux chip chips gpu gpus nvidia "
         "openai chatgpt llm llms cybersecurity malware ransomware outage browser startup app apps "
         "github api opensource keynote wwdc smartphone processor datacenter"},
    List{"business",
         "stock stocks shares earnings revenue guidance dividend nasdaq nyse dow ipo merger "
         "acquisition takeover inflation recession fed ecb tariff tariffs bankruptcy layoffs "
         "bitcoin "
         "btc ethereum crypto aktie aktien dax borse bourse bolsa acciones acoes ibovespa 株価"},
    List{"science",
         "nasa spacex rocket launch orbit telescope asteroid comet eclipse astronaut astronauts "
         "vaccine vaccines physics researchers study nobel fossil genome quantum satellite esa "
         "rakete weltraum fusee cohete eclipse foguete 宇宙 ロケット"},
    List{
        "weather",
        "snow snowfall blizzard heatwave thunderstorm thunderstorms forecast rainfall temperatures "
        "hail humidity schnee gewitter hitze unwetter neige canicule orages lluvia nieve tormenta "
        "chuva calor temporale neve 雪 大雨 台風 猛暑"},
    List{"disaster",
         "earthquake quake magnitude aftershock aftershocks tsunami epicenter eruption wildfire "
         "wildfires evacuation evacuations hurricane tornado flooding floods landslide explosion "
         "collapse derailment casualties rescuers erdbeben hochwasser waldbrand seisme inondation "
         "incendie terremoto sismo temblor inundacion incendio terremotos enchente enchentes "
         "地震 津波 震度 避難"}};

constexpr std::size_t evident_min = 2;
constexpr std::size_t business = 6;
static_assert(lists[business].category == "business");

// The categories of a word, one bit each.
const std::unordered_map<std::string_view, unsigned>& categories() {
  static const auto made = [] {
    std::unordered_map<std::string_view, unsigned> words;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      for (const std::string_view word : base::split(lists[i].words, ' ')) {
        if (!word.empty()) words[word] |= 1U << i;
      }
    }
    return words;
  }();
  return made;
}

void add_words(std::string_view topic, std::set<std::string>& words) {
  const std::string folded = base::fold(topic);
  for (std::string_view word : base::split(folded, ' ')) {
    if (word.starts_with('#')) word.remove_prefix(1);
    if (!word.empty()) words.emplace(word);
  }
}

}  // namespace

std::string_view category_of(const Trend& trend) {
  std::set<std::string> words;
  add_words(trend.topic, words);
  for (const std::string& alias : trend.aliases) add_words(alias, words);
  for (const CoTerm& term : trend.co_terms) add_words(term.text, words);
  std::array<std::size_t, lists.size()> found{};
  for (const std::string& word : words) {
    if (word.starts_with('$')) ++found[business];
    const auto known = categories().find(word);
    if (known == categories().end()) continue;
    for (std::size_t i = 0; i < lists.size(); ++i) found[i] += known->second >> i & 1U;
  }
  const auto best = std::ranges::max_element(found);
  const auto others = std::ranges::count_if(
      found, [&](std::size_t count) { return 2 * count >= *best; });  // itself among them
  if (*best < evident_min || others > 1) return {};
  return lists[static_cast<std::size_t>(best - found.begin())].category;
}

bool is_category(std::string_view name) {
  return std::ranges::any_of(lists, [&](const List& list) { return list.category == name; });
}

}  // namespace trends
