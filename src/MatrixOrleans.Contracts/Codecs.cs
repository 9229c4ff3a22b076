using MatrixOrleans.Protocol.Identifiers;
using Orleans;

[assembly: GenerateCodeForDeclaringAssembly(typeof(UserId))]
