namespace HealthTeams.Host.Commands;

internal static class Usage
{
    private const string Text = """
        ./run [--no-sim] [--no-demo]          start everything
        ./run tenant add --slug S --name N [--time-zone TZ]
        ./run staff add --tenant S --username U --family F [--given G] [--title T] [--role R]... [--identifier SYSTEM|VALUE]
        ./run token [--scope S] [--tenant T] [--patient ID] [--ttl SECONDS] [--production]
        ./run ehr add --iss URL --client-id ID --auth public|secret|private_key_jwt [--secret S] [--tenant T]
                      [--issuer URL] [--frame-origin URL]... [--backend-client-id ID] [--private-network] [--test]
                      [--environment test|production] [--write-back fhir|oracle|epic|none] [--join-link none|extension|oracle]
                      [--strict] [--no-check]   registers, tests, says what is wrong; --strict keeps nothing that fails
        ./run ehr list [--tenant T]           | ./run ehr test ISS | ./run ehr remove ISS
        ./run client add --id ID --auth public|secret|private_key_jwt [--secret S | --jwks FILE | --jwks-url URL]
                      [--redirect URI]... [--scope S] [--tenant T] [--backend] [--private-network]
                      [--name N] [--launch-url URL [--trusted [--in-frame]]]
        ./run client list | approve --id ID [--scope S] | refuse --id ID | secret --id ID | revoke --id ID | remove --id ID   [--tenant T]
        ./run launch-context --client ID --patient ID [--encounter ID] [--appointment ID] [--intent I] [--tenant T] [--production]
        ./run brand set --website URL [--tenant T] [--name N] [--logo URL] [--portal URL] [--portal-name N] [--city C] [--postal-code P] [--country XX]
        ./run provider add --tenant T --name N --issuer URL --client-id ID --auth public|secret|private_key_jwt [--secret S]
                      [--username-claim C [--username-domain D]] [--private-network]      the hospital's own accounts for staff
        ./run provider list|remove --tenant T [--issuer URL]
        ./run host add URL [--private-network]  a host the product may speak to
        ./run host list                       | ./run host remove URL
        ./run keys rotate                     new keys by which EHRs know us; nothing needs to be told
        ./run deliveries [retry]              what was given up; run it again
        ./run audit verify [--head CHAIN]     whether the records of reads and changes are as they were written
        ./run sim launch-url --as practitioner|patient [--appointment ID] [--frame]
        ./run sim stop | ./run sim start      take the EHR simulator away and bring it back
        ./run bench [--long]                  what is measured, against a thin server on the same database

        Settings: PORT, BIND, PUBLIC_URL, TLS_CERTIFICATE, TLS_KEY, TRUSTED_PROXIES, CORS_ORIGINS, DATA_DIR, HEALTHTEAMS_DB, EHR_SIM_PORT, Roles, STUN_URLS, TURN_URLS, TURN_SECRET,
        FHIR_BODY_MB, FHIR_BUNDLE_ENTRIES, FHIR_PAGE, FHIR_INCLUDED, FHIR_ITERATE_TURNS, FHIR_READ_SECONDS, FHIR_HOLD_MINUTES, SUBSCRIPTION_GIVE_UP_HOURS, OTEL_EXPORTER_OTLP_ENDPOINT (README.md says what they do)
        """;

    public static int Print(int code)
    {
        (code == 0 ? Console.Out : Console.Error).WriteLine(Text);
        return code;
    }
}
