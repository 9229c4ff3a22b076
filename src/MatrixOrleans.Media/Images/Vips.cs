using NetVips;

namespace MatrixOrleans.Media.Images;

/// <summary>libvips, set up once: only the decoders that are wanted, no cache, one thread for an image (many images are done at once instead).</summary>
internal static class Vips
{
    private static readonly string[] Loaders = ["VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadNsgif", "VipsForeignLoadWebp"];

    /// <summary>What libvips would write to the console of a broken image is nothing to an operator; a refusal tells the user.</summary>
    private static readonly Log.LogDelegate Silent = (_, _, _) => { };

    static Vips()
    {
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Silent);
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in Loaders)
        {
            Operation.Block(loader, false);
        }

        Cache.Max = 0;
        NetVips.NetVips.Concurrency = 1;
    }

    /// <summary>Makes sure that it is set up.</summary>
    public static void Prepare()
    {
    }
}
