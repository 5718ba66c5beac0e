#include "captions/phrases.h"

#include "base/text.h"

namespace captions {
namespace {

constexpr std::array<Phrases, 7> all{{
    {.language = "en",
     .rising = {"{} is on the rise.", "Have you seen it? {} is on the rise.",
                "{} is drawing growing attention.", "Something is up with {} 👀"},
     .topic = {"On {}.", "Let's talk about {}.", "Some thoughts on {}.", "Time for {}!"},
     .closing = {"", "What do you think?", "How do you see it?", "Who is in?"},
     .authors_and_ratio =
         "{} accounts wrote about it at the latest count, about {} times as many as usual.",
     .authors = "{} accounts wrote about it at the latest count.",
     .minutes = "It has been rising for {} minutes.",
     .hours = "It has been rising for {} hours.",
     .days = "It has been rising for {} days.",
     .terms = "Often mentioned with it: {}.",
     .sources = "Seen on: {}."},
    {.language = "de",
     .rising = {"{} nimmt gerade Fahrt auf.", "Schon gesehen? {} nimmt gerade Fahrt auf.",
                "{} bekommt zunehmend Aufmerksamkeit.", "Da tut sich was bei {} 👀"},
     .topic = {"Zu {}.", "Reden wir über {}.", "Ein paar Gedanken zu {}.", "Zeit für {}!"},
     .closing = {"", "Was meint ihr?", "Wie sehen Sie das?", "Wer ist dabei?"},
     .authors_and_ratio = "Zuletzt schrieben {} Konten darüber, etwa {}-mal so viele wie üblich.",
     .authors = "Zuletzt schrieben {} Konten darüber.",
     .minutes = "Der Anstieg läuft seit {} Minuten.",
     .hours = "Der Anstieg läuft seit {} Stunden.",
     .days = "Der Anstieg läuft seit {} Tagen.",
     .terms = "Oft zusammen genannt: {}.",
     .sources = "Gesehen auf: {}."},
    {.language = "fr",
     .rising = {"{} monte en ce moment.", "Vous avez vu ? {} monte en ce moment.",
                "{} suscite de plus en plus d'attention.", "Il se passe quelque chose avec {} 👀"},
     .topic = {"À propos de {}.", "Parlons de {}.", "Quelques réflexions sur {}.",
               "C'est l'heure de {} !"},
     .closing = {"", "Qu'en pensez-vous ?", "Quel est votre point de vue ?", "Qui en est ?"},
     .authors_and_ratio =
         "{} comptes en parlaient au dernier relevé, environ {} fois plus que d'habitude.",
     .authors = "{} comptes en parlaient au dernier relevé.",
     .minutes = "La hausse dure depuis {} minutes.",
     .hours = "La hausse dure depuis {} heures.",
     .days = "La hausse dure depuis {} jours.",
     .terms = "Souvent cité avec : {}.",
     .sources = "Vu sur : {}."},
    {.language = "es",
     .rising = {"{} está subiendo.", "¿Lo has visto? {} está subiendo.",
                "{} despierta cada vez más atención.", "Algo pasa con {} 👀"},
     .topic = {"Sobre {}.", "Hablemos de {}.", "Algunas ideas sobre {}.", "¡Es hora de {}!"},
     .closing = {"", "¿Qué opinas?", "¿Cómo lo ve usted?", "¿Quién se apunta?"},
     .authors_and_ratio =
         "{} cuentas hablaban de ello en el último recuento, unas {} veces más de lo habitual.",
     .authors = "{} cuentas hablaban de ello en el último recuento.",
     .minutes = "Lleva {} minutos subiendo.",
     .hours = "Lleva {} horas subiendo.",
     .days = "Lleva {} días subiendo.",
     .terms = "Se menciona a menudo con: {}.",
     .sources = "Visto en: {}."},
    {.language = "pt",
     .rising = {"{} está em alta.", "Você já viu? {} está em alta.",
                "{} desperta cada vez mais atenção.", "Tem algo acontecendo com {} 👀"},
     .topic = {"Sobre {}.", "Vamos falar de {}.", "Algumas ideias sobre {}.", "É hora de {}!"},
     .closing = {"", "O que você acha?", "Como você vê isso?", "Quem participa?"},
     .authors_and_ratio =
         "{} contas falavam disso na última contagem, cerca de {} vezes mais que o habitual.",
     .authors = "{} contas falavam disso na última contagem.",
     .minutes = "Está subindo há {} minutos.",
     .hours = "Está subindo há {} horas.",
     .days = "Está subindo há {} dias.",
     .terms = "Muitas vezes citado com: {}.",
     .sources = "Visto em: {}."},
    {.language = "it",
     .rising = {"{} è in crescita.", "Avete visto? {} è in crescita.",
                "{} riceve sempre più attenzione.", "Sta succedendo qualcosa con {} 👀"},
     .topic = {"Su {}.", "Parliamo di {}.", "Alcune riflessioni su {}.", "È il momento di {}!"},
     .closing = {"", "Che ne pensate?", "Qual è il vostro punto di vista?", "Chi ci sta?"},
     .authors_and_ratio =
         "{} account ne parlavano all'ultimo conteggio, circa {} volte più del solito.",
     .authors = "{} account ne parlavano all'ultimo conteggio.",
     .minutes = "Cresce da {} minuti.",
     .hours = "Cresce da {} ore.",
     .days = "Cresce da {} giorni.",
     .terms = "Spesso citato insieme a: {}.",
     .sources = "Visto su: {}."},
    {.language = "nl",
     .rising = {"{} is in opkomst.", "Al gezien? {} is in opkomst.",
                "{} krijgt steeds meer aandacht.", "Er gebeurt iets met {} 👀"},
     .topic = {"Over {}.", "Laten we het over {} hebben.", "Enkele gedachten over {}.",
               "Tijd voor {}!"},
     .closing = {"", "Wat vind jij?", "Hoe ziet u dat?", "Wie doet er mee?"},
     .authors_and_ratio =
         "Bij de laatste telling schreven {} accounts erover, ongeveer {} keer zoveel als "
         "gewoonlijk.",
     .authors = "Bij de laatste telling schreven {} accounts erover.",
     .minutes = "De stijging duurt al {} minuten.",
     .hours = "De stijging duurt al {} uur.",
     .days = "De stijging duurt al {} dagen.",
     .terms = "Vaak samen genoemd: {}.",
     .sources = "Gezien op: {}."},
}};

}  // namespace

const Phrases* phrases_for(std::string_view language) {
  const std::string primary = base::to_lower_ascii(language.substr(0, language.find('-')));
  const auto* found = std::ranges::find(all, std::string_view(primary), &Phrases::language);
  return found == all.end() ? nullptr : found;
}

const Phrases& english() { return all.front(); }

std::string phrase_languages() {
  std::vector<std::string> names;
  for (const Phrases& one : all) names.emplace_back(one.language);
  return base::join(names, ", ");
}

}  // namespace captions
