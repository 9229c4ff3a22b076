namespace MatrixOrleans.Grains.Keys;

/// <summary>What is asked of keys.</summary>
public sealed record EncryptionOptions
{
    /// <summary>Refuse keys of devices that the device has not signed itself.</summary>
    public bool DeviceKeysSigned { get; init; } = true;
}
