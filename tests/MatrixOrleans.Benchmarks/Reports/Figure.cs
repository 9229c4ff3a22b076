namespace MatrixOrleans.Benchmarks.Reports;

/// <summary>One measured thing.</summary>
/// <param name="Aim">What it should be; <c>null</c> where it is only told.</param>
/// <param name="Met">Whether it is; <c>null</c> where there is no aim.</param>
internal sealed record Figure(string Name, string Measured, string? Aim = null, bool? Met = null);
