using System.Globalization;
using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Tests.Json;

/// <summary>JSON texts of every shape that canonical JSON takes, with blanks where they may be.</summary>
internal static class JsonGen
{
    private static readonly Gen<string> Text = Gen.String[Gen.Char["ab\"\\/\n\u0001\u007fé日\uffff<&"], 0, 6];

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Text.Select(t => JsonSerializer.Serialize(t)),
        Gen.Long[-CanonicalJson.IntegerMax, CanonicalJson.IntegerMax].Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.OneOf(Gen.Const("true"), Gen.Const("false"), Gen.Const("null"), Gen.Const("\"🚀\"")));

    public static readonly Gen<string> Value = Of(3);

    /// <summary>An object whose members have distinct names.</summary>
    public static readonly Gen<string> Object = ObjectOf(Of(2));

    private static Gen<string> Of(int depth) => depth == 0
        ? Scalar
        : Gen.OneOf(Scalar, Of(depth - 1).Array[0, 4].Select(entries => "[ " + string.Join(" , ", entries) + "]"), ObjectOf(Of(depth - 1)));

    private static Gen<string> ObjectOf(Gen<string> value) =>
        Gen.Dictionary(Text, value)[0, 5].Select(members => "{" + string.Join(",\n", members.Select(m => JsonSerializer.Serialize(m.Key) + ": " + m.Value)) + " }");
}
