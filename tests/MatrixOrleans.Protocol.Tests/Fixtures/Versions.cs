using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Fixtures;

/// <summary>Room versions as data of theories.</summary>
public static class Versions
{
    public static TheoryData<string> All => Between(1, 12);

    public static TheoryData<string> Since(int first) => Between(first, 12);

    public static TheoryData<string> Until(int last) => Between(1, last);

    public static TheoryData<string> Between(int first, int last)
    {
        var data = new TheoryData<string>();
        foreach (var version in RoomVersions.All.Skip(first - 1).Take(last - first + 1))
        {
            data.Add(version.Id);
        }

        return data;
    }
}
