package dev.ampoule.dashboard;

/**
 * Everything that pages say, in every {@link Language}; {@code %s} stands for what is filled in.
 */
public enum Text {
  SKIP("Skip to content", "Ir para o conteúdo"),
  MENU("Pages", "Páginas"),
  PLUGINS("Plugins", "Plugins"),
  AUDIT("Audit", "Auditoria"),
  CONNECTIONS("Connections", "Conexões"),
  WARD("Ward", "Enfermaria"),
  BED("bed %s", "leito %s"),
  WARD_NAMED("Ward %s", "Enfermaria %s"),
  PATIENT_NAMED("Patient %s", "Paciente %s"),
  LANGUAGE("Language", "Idioma"),
  SIGN_IN("Sign in", "Entrar"),
  SIGN_OUT("Sign out", "Sair"),
  SIGNED_IN_AS("Signed in as", "Conectado como"),
  TOKEN("Access token", "Token de acesso"),
  TOKEN_HELP(
      "A JWT of this deployment's issuer. On one machine: ./ampoule token --role admin",
      "Um JWT do emissor desta instalação. Na própria máquina: ./ampoule token --role admin"),
  TOKEN_REFUSED("The token was refused: %s.", "O token foi recusado: %s."),
  REFUSED_MISSING("there is none", "não há nenhum"),
  REFUSED_MALFORMED(
      "it is not a JWT signed RS256 or ES256", "não é um JWT assinado com RS256 ou ES256"),
  REFUSED_SIGNATURE("no key of the issuer verifies it", "nenhuma chave do emissor o verifica"),
  REFUSED_EXPIRED("it has expired", "expirou"),
  REFUSED_CLAIMS(
      "its issuer, audience, subject or roles are not as required",
      "emissor, audiência, titular ou papéis não são os exigidos"),
  REFUSED_NO_KEYS(
      "the issuer's keys cannot be had right now", "as chaves do emissor estão indisponíveis"),
  NO_PLUGINS("No plugin is registered yet.", "Nenhum plugin registrado ainda."),
  UPLOAD_HELP("Upload one: ./ampoule push --help", "Envie um: ./ampoule push --help"),
  LIVE_VERSION("Live version", "Versão ativa"),
  NO_LIVE_VERSION("none", "nenhuma"),
  CALLS("Calls", "Chamadas"),
  ERRORS("Errors", "Erros"),
  LATENCY("Latency", "Latência"),
  MEDIAN("median", "mediana"),
  P95("p95", "p95"),
  LATENCY_CHART(
      "p95 latency of the last hour: %s; highest %s ms",
      "Latência p95 da última hora: %s; máxima %s ms"),
  NO_CALLS("no calls in the last hour", "nenhuma chamada na última hora"),
  LAST_HOUR("last hour", "última hora"),
  SAMPLED(
      "Counted from the newest %s audit entries of the last hour; there were more.",
      "Contado a partir das %s entradas de auditoria mais recentes da última hora; houve mais."),
  VERSIONS("Versions", "Versões"),
  VERSION("Version", "Versão"),
  STATE("State", "Estado"),
  DIGEST("Digest", "Resumo"),
  REGISTERED("Registered", "Registrada"),
  SIZE("Size", "Tamanho"),
  MOVES("Moves", "Ações"),
  TRIAL("On trial", "Em teste"),
  CANARY_STANDING(
      "canary %s, %s %% of the calls; %s calls, %s failed",
      "canário %s, %s %% das chamadas; %s chamadas, %s falharam"),
  SHADOW_STANDING(
      "shadow %s beside %s %% of the calls; %s of %s agree",
      "sombra %s junto a %s %% das chamadas; %s de %s concordam"),
  BREAKER("Breaker", "Disjuntor"),
  BREAKER_CLOSED("closed", "fechado"),
  BREAKER_OPEN("open", "aberto"),
  NONE("none", "nenhum"),
  PENDING("pending", "pendente"),
  VALIDATED("validated", "validada"),
  LIVE("live", "ativa"),
  CANARY_STATE("canary", "canário"),
  RETIRED("retired", "aposentada"),
  REJECTED("rejected", "rejeitada"),
  QUARANTINED("quarantined", "em quarentena"),
  ACTIVATE("Activate", "Ativar"),
  ACTIVATE_NAMED("Activate %s", "Ativar %s"),
  ROLL_BACK("Roll back", "Reverter"),
  CONFIRM_ACTIVATE(
      "Every call of %s will run version %s from now on.",
      "Toda chamada de %s executará a versão %s a partir de agora."),
  CONFIRM_ROLL_BACK(
      "If a version of %s is on trial, its trial ends. Otherwise every call will run the version that"
          + " was live before.",
      "Se uma versão de %s está em teste, o teste termina. Senão, toda chamada executará a versão que"
          + " estava ativa antes."),
  NO_EARLIER_VERSION(
      "No version was live before that may run still.",
      "Nenhuma versão esteve ativa antes que ainda possa ser executada."),
  CANCEL("Cancel", "Cancelar"),
  DONE_ACTIVATED("%s is live.", "%s está ativa."),
  DONE_ROLLED_BACK("Rolled back.", "Revertido."),
  EARLIER("Earlier entries", "Entradas anteriores"),
  MORE("More", "Mais"),
  FROM("From", "De"),
  TO("To", "Até"),
  ACTOR("Actor", "Autor"),
  OUTCOME("Outcome", "Resultado"),
  ANY("any", "qualquer"),
  FILTER("Show", "Mostrar"),
  TIME("Time", "Hora"),
  ACTION("Action", "Ação"),
  PLUGIN("Plugin", "Plugin"),
  DURATION("Duration", "Duração"),
  ENTRY("Entry", "Entrada"),
  NO_ENTRIES("No entries.", "Nenhuma entrada."),
  ENTRIES("Audit entries", "Entradas de auditoria"),
  DAMAGED(
      "%s blocks of this range are not what they were when written. Nothing of them is shown.",
      "%s blocos deste intervalo não são o que eram ao ser gravados. Nada deles é mostrado."),
  VERIFY("Verify the log", "Verificar o registro"),
  INTACT("The log is intact.", "O registro está íntegro."),
  TAMPERED("The log was tampered with.", "O registro foi adulterado."),
  VERIFIED_COUNTS(
      "%s chains, %s blocks, %s entries, %s checkpoints.",
      "%s cadeias, %s blocos, %s entradas, %s pontos de verificação."),
  FINDINGS_CUT("There are more findings.", "Há mais constatações."),
  NO_CONNECTIONS("Nobody is connected.", "Ninguém está conectado."),
  TOPIC("Topic", "Tópico"),
  WHO("Who", "Quem"),
  SINCE("Since", "Desde"),
  NO_VITALS("No vital signs yet.", "Nenhum sinal vital ainda."),
  NO_PATIENTS(
      "No patient has sent vital signs yet.", "Nenhum paciente enviou sinais vitais ainda."),
  NEWS2_SCORE("NEWS2 score", "Escore NEWS2"),
  RISK_LOW("low risk", "risco baixo"),
  RISK_LOW_MEDIUM("low to medium risk", "risco baixo a médio"),
  RISK_MEDIUM("medium risk", "risco médio"),
  RISK_HIGH("high risk", "risco alto"),
  RISK_UNKNOWN("no score", "sem escore"),
  UPDATED("Updated", "Atualizado"),
  AGE("%s ago", "há %s"),
  RESPIRATORY_RATE("Respiratory rate", "Frequência respiratória"),
  SPO2("SpO₂", "SpO₂"),
  OXYGEN("Oxygen", "Oxigênio"),
  OXYGEN_YES("supplemental", "suplementar"),
  OXYGEN_NO("room air", "ar ambiente"),
  SYSTOLIC("Systolic pressure", "Pressão sistólica"),
  PULSE("Pulse", "Pulso"),
  TEMPERATURE("Temperature", "Temperatura"),
  CONSCIOUSNESS("Consciousness", "Consciência"),
  CONSCIOUS_A("alert", "alerta"),
  CONSCIOUS_C("new confusion", "confusão nova"),
  CONSCIOUS_V("responds to voice", "responde à voz"),
  CONSCIOUS_P("responds to pain", "responde à dor"),
  CONSCIOUS_U("unresponsive", "não responde"),
  TREND("%s, last %s values from %s to %s", "%s, últimos %s valores de %s a %s"),
  FEED_LIVE("Live.", "Ao vivo."),
  FEED_CONNECTING("Connecting…", "Conectando…"),
  FEED_DISCONNECTED(
      "Disconnected. What is shown may be out of date; trying again.",
      "Desconectado. O que se vê pode estar desatualizado; tentando de novo."),
  FEED_CATCHING_UP("Connected again, catching up…", "Conectado de novo, atualizando…"),
  FEED_LIVE_AGAIN("Live again; nothing was missed.", "Ao vivo de novo; nada se perdeu."),
  FEED_LIVE_AFTER_GAP(
      "Live again. Events older than the replay window were missed; reload for the current state.",
      "Ao vivo de novo. Eventos anteriores à janela de repetição se perderam; recarregue a página."),
  NO_SCRIPT(
      "Without JavaScript this page shows the state at the time it was loaded. Reload to update.",
      "Sem JavaScript esta página mostra o estado de quando foi carregada. Recarregue para atualizar."),
  NOT_FOUND("Not found", "Não encontrado"),
  NOT_FOUND_DETAIL("There is nothing here.", "Não há nada aqui."),
  FORBIDDEN("Not allowed", "Não permitido"),
  FORBIDDEN_DETAIL("Policy %s does not permit this.", "A política %s não permite isto."),
  BAD_REQUEST("Not understood", "Não entendido"),
  CONFLICT("Not possible now", "Não é possível agora"),
  WRONG_STATE(
      "The version is %s; it cannot go live from there.",
      "A versão está %s; não pode ficar ativa a partir daí."),
  CONTENDED(
      "Others moved it at the same time. Try again.",
      "Outros a moveram ao mesmo tempo. Tente de novo."),
  UNAVAILABLE("Not available right now", "Indisponível agora"),
  UNAVAILABLE_DETAIL(
      "Part of the platform does not answer. Try again.",
      "Parte da plataforma não responde. Tente de novo."),
  FROM_ANOTHER_SITE(
      "The form was not sent from this site.", "O formulário não foi enviado deste site."),
  PATIENTS("Patients", "Pacientes"),
  PLATFORM_EVENTS("What happened", "O que aconteceu");

  private final String english;
  private final String portuguese;

  Text(String english, String portuguese) {
    this.english = english;
    this.portuguese = portuguese;
  }

  public String in(Language language, Object... filledIn) {
    var text =
        switch (language) {
          case EN -> english;
          case PT_BR -> portuguese;
        };
    return filledIn.length == 0 ? text : text.formatted(filledIn);
  }
}
