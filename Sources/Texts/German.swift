extension Language {
    /// For mails; it has no words for the rest.
    package static let german = Language(code: "de", texts: germanTexts)
}

private let germanTexts: [Phrase.Name: String] = [
    .comma: ", ",
    .or: " oder ",
    .dollars: "{whole},{decimals}\u{A0}$",
    .negativeDollars: "-{whole},{decimals}\u{A0}$",
    .seconds: "{count} Sekunde|{count} Sekunden",
    .minutes: "{count} Minute|{count} Minuten",
    .hours: "{count} Stunde|{count} Stunden",
    .day: "{day}. {month} {year}",
    .months: """
    Januar Februar März April Mai Juni Juli August September Oktober November Dezember
    """,

    // Why a video could not be made.
    .failedAtVendor: """
    Der Videodienst konnte dieses Video nicht erstellen. Es wurde nichts berechnet.
    """,
    .failedRefused: "Der Videodienst hat diesen Text abgelehnt. Es wurde nichts berechnet.",
    .failedInvalid: """
    Diese Einstellungen oder dieses Bild ließen sich nicht verwenden. Es wurde nichts berechnet.
    """,
    .failedLate: "Das Video wurde nicht rechtzeitig fertig. Es wurde nichts berechnet.",
    .failedVendorDown: "Der Videodienst war nicht erreichbar. Es wurde nichts berechnet.",
    .failedCanceled: "Abgebrochen. Es wurde nichts berechnet.",

    // Mails.
    .mailGreeting: "Guten Tag {name},\n\n",
    .mailFrame: """
    {greeting}{text}

    --
    {shop}
    {footer}
    Fragen: {shop}/contact
    """,
    .mailFooterChoice: "Welche E-Mails Sie erhalten, bestimmen Sie hier: {shop}/account",
    .mailFooterAccount: """
    Diese E-Mail betrifft Ihr Konto selbst; welche E-Mails Sie gewählt haben, ändert daran nichts.
    """,
    .mailFooterOperator: "Sie erhalten diese E-Mail, weil die Einstellungen des Shops Sie nennen.",
    .mailVideoReadySubject: "Ihr Video ist fertig",
    .mailVideoReady: """
    Ihr Video ist fertig:

        {prompt}

    Sehen Sie es an, laden Sie es herunter, es gehört Ihnen:
    {shop}/videos/{video}
    """,
    .mailVideoFailedSubject: "Ihr Video konnte nicht erstellt werden",
    .mailVideoFailed: """
    Es tut uns leid, dieses Video konnte nicht erstellt werden:

        {prompt}

    {problem} {price} wurden Ihrem Guthaben gutgeschrieben.
    {advice}
    {shop}/videos/{video}
    """,
    .mailVideosReadySubject: "Fertig: {ready} von {count} Videos",
    .mailVideosReady: """
    {ready} von {count}, die Sie zusammen bestellt haben, können Sie jetzt ansehen:

        {prompt}

    Laden Sie sie herunter, sie gehören Ihnen:
    {links}{failures}
    """,
    .mailVideosOthers: """


    Nicht erstellt werden konnten: {failed}. {price} wurden Ihrem Guthaben gutgeschrieben.
    """,
    .mailVideosFailedSubject: "Ihre Videos konnten nicht erstellt werden",
    .mailVideosFailed: """
    Es tut uns leid, keines dieser {count} Videos konnte erstellt werden:

        {prompt}

    {problem} {price} wurden Ihrem Guthaben gutgeschrieben.
    {shop}/videos?status=failed
    """,
    .mailOtherWords: "Andere Worte oder Einstellungen helfen vielleicht.",
    .mailOrderAgain: "Sie können es unverändert noch einmal bestellen.",
    .mailReceiptSubject: "Ihr Beleg: {total} Guthaben",
    .mailReceipt: """
    Vielen Dank. Sie haben {credits} Guthaben gekauft{bonus}.{lasting}

        Bezahlt     {price}
        Guthaben    {total}
        Datum       {date}
        Bestellung  {order}

    Ihr Guthaben und alles, was Sie gekauft haben:
    {shop}/credits
    """,
    .mailReceiptBonus: ", mit einem Bonus von {amount}",
    .mailReceiptLasting: " Es gilt {days} Tage.",
    .mailLapsingSubject: "{amount} Ihres Guthabens verfallen am {date}",
    .mailLapsing: """
    {amount} Ihres Guthabens verfallen am {date} (UTC). Videos, die Sie bis dahin
    bestellen, verbrauchen es zuerst.

    Ein Video erstellen:
    {shop}/create
    """,
    .mailLowBalanceSubject: "Ihr Guthaben geht zur Neige",
    .mailLowBalance: """
    Sie haben noch {amount} Guthaben.

    Guthaben kaufen:
    {shop}/credits
    """,
    .mailVerifySubject: "Bitte bestätigen Sie Ihre Adresse",
    .mailVerify: """
    Jemand, hoffentlich Sie selbst, hat mit dieser Adresse ein Konto angelegt. Um zu bestätigen,
    dass die Adresse Ihnen gehört, folgen Sie innerhalb von 24 Stunden diesem Link. Er gilt einmal:
    {shop}/verify#{token}

    Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Ohne den Link bleibt das Konto
    unbestätigt.
    """,
    .mailChangeSubject: "Bitte bestätigen Sie Ihre neue Adresse",
    .mailChange: """
    Ein Konto soll zu dieser Adresse wechseln. Um zu bestätigen, dass die Adresse Ihnen gehört,
    folgen Sie innerhalb von 24 Stunden diesem Link. Er gilt einmal:
    {shop}/verify#{token}

    Wenn Sie das nicht verlangt haben, brauchen Sie nichts zu tun: Dann ändert sich nichts.
    """,
    .mailResetSubject: "Ein neues Passwort wählen",
    .mailReset: """
    Jemand, hoffentlich Sie selbst, hat um ein neues Passwort gebeten. Um eines zu wählen, folgen
    Sie innerhalb von 30 Minuten diesem Link. Er gilt einmal und beendet alle Sitzungen Ihres
    Kontos:
    {shop}/reset#{token}

    Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.
    """,
    .mailPasswordChangedSubject: "Ihr Passwort wurde geändert",
    .mailPasswordChanged: """
    Das Passwort Ihres Kontos wurde soeben geändert, und alle anderen Sitzungen sind beendet.

    Wenn Sie es nicht waren, wählen Sie jetzt ein neues Passwort:
    {shop}/reset
    """,
    .mailAddressChangingSubject: "Ihr Konto soll eine andere Adresse bekommen",
    .mailAddressChanging: """
    Jemand, der Ihr Passwort kennt, hat verlangt, dass Ihr Konto zu dieser Adresse wechselt:

        {address}

    Es wechselt, sobald dem Link gefolgt wird, den wir dorthin gesandt haben. Wenn Sie es nicht
    waren, wählen Sie jetzt ein neues Passwort; das verhindert den Wechsel und beendet alle
    Sitzungen Ihres Kontos:
    {shop}/reset
    """,
    .mailAddressChangedSubject: "Ihr Konto hat eine andere Adresse",
    .mailAddressChanged: """
    Ihr Konto hat zu dieser Adresse gewechselt:

        {address}

    Unsere E-Mails gehen von jetzt an dorthin, und Sie melden sich mit ihr an. Wenn Sie es nicht
    waren, antworten Sie sofort auf diese E-Mail.
    """,
    .mailAddressInUseSubject: "Sie haben bereits ein Konto",
    .mailAddressInUse: """
    Jemand, vielleicht Sie selbst, hat versucht, mit Ihrer Adresse ein Konto anzulegen oder eines
    zu ihr wechseln zu lassen. Ihr Konto ist sicher, und nichts hat sich geändert. Hier melden Sie
    sich an:
    {shop}/login

    Wenn Sie Ihr Passwort nicht mehr wissen, wählen Sie ein neues:
    {shop}/reset
    """,
    .mailSecondFactorOnSubject: "Für die Anmeldung brauchen Sie jetzt einen Code",
    .mailSecondFactorOn: """
    Für die Anmeldung an Ihrem Konto brauchen Sie von jetzt an einen Code Ihrer Authenticator-App,
    und alle anderen Sitzungen sind beendet.

    Wenn Sie es nicht waren, antworten Sie sofort auf diese E-Mail.
    """,
    .mailSecondFactorOffSubject: "Für die Anmeldung brauchen Sie keinen Code mehr",
    .mailSecondFactorOff: """
    Für die Anmeldung an Ihrem Konto genügt wieder das Passwort: Die Codes wurden abgeschaltet.

    Wenn Sie es nicht waren, wählen Sie jetzt ein neues Passwort und schalten Sie die Codes wieder
    ein:
    {shop}/reset
    """,
    .mailRecoveryCodeUsedSubject: "Ein Wiederherstellungscode wurde verwendet",
    .mailRecoveryCodeUsed: """
    Jemand, der Ihr Passwort kennt, hat einen Wiederherstellungscode Ihres Kontos verwendet. So
    viele sind noch übrig: {count}

    Wenn Sie es nicht waren, wählen Sie jetzt ein neues Passwort und erzeugen Sie in Ihrem Konto
    neue Codes:
    {shop}/reset
    """,
    .mailExportReadySubject: "Ihre Daten stehen bereit",
    .mailExportReady: """
    Die Datei mit allen Ihren Daten ist fertig. Sie finden sie {days} Tage lang in Ihrem Konto,
    nachdem Sie sich angemeldet haben:
    {shop}/account#export

    Wenn Sie sie nicht bestellt haben, wählen Sie jetzt ein neues Passwort:
    {shop}/reset
    """,
    .mailAccountLeavingSubject: "Ihr Konto wird am {date} gelöscht",
    .mailAccountLeaving: """
    Wie von Ihnen gewünscht wird Ihr Konto am {date} gelöscht, mit Ihren Videos, Bildern und
    Schlüsseln und dem restlichen Guthaben. Was Sie bezahlt haben, bleibt in unseren Büchern, die
    Ihre Belege mit Name und E-Mail-Adresse aufbewahren müssen.

    Bis dahin können Sie es zurücknehmen: Melden Sie sich an und drücken Sie „Keep my account“.
    {shop}/account

    Wenn Sie es nicht waren, tun Sie das jetzt, und wählen Sie ein neues Passwort.
    """,
    .mailSignInsRefusedSubject: "An Ihrem Konto wurden falsche Passwörter versucht",
    .mailSignInsRefused: """
    Jemand hat mehrmals versucht, sich mit falschen Passwörtern an Ihrem Konto anzumelden. Wir
    lassen das immer seltener zu; wo Sie schon angemeldet waren, können Sie es weiterhin.

    Wenn Sie es waren, wählen Sie ein neues Passwort. Wenn nicht, ist Ihres sicher, solange Sie es
    nirgendwo sonst verwenden:
    {shop}/reset
    """,
    .mailTestSubject: "Die E-Mails Ihres Shops kommen an",
    .mailTest: """
    Diese E-Mail haben Sie aus der Konsole von {shop} gesandt, um zu sehen, ob sie ankommt. Sie
    ist angekommen.
    """,
    .mailWebhookFailingSubject: "Ihr Webhook-Endpunkt antwortet nicht",
    .mailWebhookFailing: """
    Wir haben Ihren Endpunkt fünfmal aufgerufen und keine oder keine gute Antwort erhalten:

        {url}

    Was wir ihm zu melden haben, wartet, und wir versuchen es mindestens einmal in der Stunde. Nach
    fünf Tagen ohne Antwort wird er abgeschaltet.

    Was wir gesandt haben und was zurückkam, steht im Protokoll seiner Zustellungen:
    {shop}/account
    """,
    .mailWebhookOffSubject: "Ihr Webhook-Endpunkt wurde abgeschaltet",
    .mailWebhookOff: """
    Ihr Endpunkt hat seit fünf Tagen nicht geantwortet, deshalb rufen wir ihn nicht mehr auf:

        {url}

    Wenn er wieder arbeitet, senden Sie ihm einen Test: Eine Antwort darauf schaltet ihn ein.
    {shop}/account
    """,
    .mailAttentionSubject:
        "Eine Sache braucht einen Menschen|{count} Sachen brauchen einen Menschen",
    .mailAttention: """
    {items}{rest}

    Die ganze Liste: {shop}/admin/attention
    Was neu ist, melden wir höchstens einmal in der Stunde.
    """,
    .mailAttentionItem: """
    - {kind} {subject}{amount}, seit {date}
      {detail}
    """,
    .mailAttentionAmount: ", {amount}",
    .mailAttentionRest: "\n\nund {number} weitere.",
    .mailDigestPair: "{day} ({week})",
    .mailDigestSubject: "{date}: {paid} bezahlt, {margin} Marge",
    .mailDigest: """
    {date} (UTC), und in Klammern die sieben Tage, die mit ihm enden:

    Bezahlt              {paid}
    Guthaben verkauft    {sold}
    Guthaben verbraucht  {spent}
    Kosten des Dienstes  {cost}
    Marge                {margin}
    Zurück, verloren     {refunded}
    Neue Kunden          {customers}
    Videos               {videos}
    davon gescheitert    {failures}

    Brauchen jetzt einen Menschen: {waiting}
    {shop}/admin
    """,
]
