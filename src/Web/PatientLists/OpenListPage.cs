using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>What the list, its rounding and its wall share: the list, the way it is looked at, the rows in order.</summary>
public abstract class OpenListPage(ListReading reading, ListViews views) : StaffPage
{
    public const int RowsOfAPage = 1000;

    [BindProperty(SupportsGet = true)] public Guid Id { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? View { get; set; }
    [BindProperty(SupportsGet = true)] public int From { get; set; }

    public OpenList Open { get; private set; } = null!;
    public PatientList List => Open.List;
    public ListLook Look { get; private set; } = new();
    public IReadOnlyList<ListView> Views { get; private set; } = [];
    public ListView? Viewed { get; private set; }
    public IReadOnlyList<ListColumn> Columns { get; private set; } = [];
    public IReadOnlyList<(string? Group, IReadOnlyList<ListRow> Rows)> Groups { get; private set; } = [];
    public bool Past { get; private set; }
    public int Matching { get; private set; }
    public long Since { get; private set; }

    public IEnumerable<ListRow> Rows => Groups.SelectMany(g => g.Rows);
    public DateOnly Today => HospitalTime.Day(Now, Zone);

    /// <summary>Those who left: the same with another state.</summary>
    protected async Task<Problem?> Load(string how = "view", bool all = false, long since = 0)
    {
        Past = Request.Query["past"] == "1";
        Since = since;
        Views = await views.Of(Me, Id, Stop);
        Viewed = Views.FirstOrDefault(v => v.Id == View);
        Look = ListLook.Of(Request.Query.SelectMany(q => q.Value.OfType<string>().Select(v => (q.Key, v))));
        if (Viewed is not null && !Request.Query.Keys.Any(k => k is "cols" or "sort" or "f" or "group")) Look = ListLook.Parse(Viewed.Query) with { Search = Look.Search };
        var open = await reading.Open(Me, Id, Past, Stop, how, since, opened => Arrange(opened, all));
        if (!open.Ok) return open.Problem;
        Open = open.Value;
        Columns = Look.Shown(List);
        Response.Headers.CacheControl = "no-cache, no-store";
        return null;
    }

    /// <summary>The look without a row.</summary>
    protected async Task LookOnly(PatientList list)
    {
        Views = await views.Of(Me, Id, Stop);
        Viewed = Views.FirstOrDefault(v => v.Id == View);
        Look = Viewed is not null ? ListLook.Parse(Viewed.Query) : ListLook.Of(Request.Query.SelectMany(q => q.Value.OfType<string>().Select(v => (q.Key, v))));
        Open = new OpenList(list, [], new Dictionary<Guid, string>());
        Columns = Look.Shown(list);
    }

    private IEnumerable<ListRow> Arrange(OpenList opened, bool all)
    {
        var groups = Look.Arrange(opened, Now, CellFace.Zone(Zone));
        Matching = groups.Sum(g => g.Rows.Count);
        From = all ? 0 : Math.Clamp(From, 0, Math.Max(0, Matching - 1) / RowsOfAPage * RowsOfAPage);
        if (!all && Matching > RowsOfAPage)
        {
            var (skip, left) = (From, RowsOfAPage);
            groups = [.. groups.Select(g =>
            {
                IReadOnlyList<ListRow> part = [.. g.Rows.Skip(skip).Take(left)];
                (skip, left) = (Math.Max(0, skip - g.Rows.Count), left - part.Count);
                return (g.Group, part);
            }).Where(g => g.part.Count > 0)];
        }
        Groups = groups;
        return Rows;
    }

    /// <summary>The same look with one thing changed.</summary>
    public string Link(ListLook? look = null, bool? past = null, int? from = null, string page = "")
    {
        var query = new List<string>();
        if (Viewed is not null) query.Add($"view={Viewed.Id}");
        if ((look ?? Look).ToString() is { Length: > 0 } said && (look is not null || Viewed is null || Look.ToString() != Viewed.Query)) query.Add(said);
        if (past ?? Past) query.Add("past=1");
        if (from is > 0) query.Add($"from={from}");
        return $"/lists/{Id}{page}{(query.Count == 0 ? "" : "?" + string.Join('&', query))}";
    }

    public string SortLink(Guid? column)
    {
        var now = Look.Sort.Count > 0 ? Look.Sort[0] : null;
        return Link(Look with { Sort = [new(column, now is not null && now.Column == column && !now.Descending)] });
    }

    public string? Sorted(Guid? column) => Look.Sort.Count > 0 && Look.Sort[0].Column == column ? (Look.Sort[0].Descending ? "descending" : "ascending") : null;
}
